// Prototype-scorer is a Winnow scorer in Go, written from proto/winnow/v1 alone: nothing else is shared with Winnow.
//
// It scores each example by how far its features are from the mean of its class under attack, its prototype
// (prototypicality as in Sorscher 2022, "Beyond neural scaling laws", with class means where that paper has k-means
// clusters). The farthest, hard examples are kept; with the parameter keep_easy the nearest ones.
//
//	go run . -address 127.0.0.1:7451          serve
//	winnow scorer check 127.0.0.1:7451        check that it keeps the contract
//	go test ./...                             test
//
// After a change of the contract, make the stubs in gen anew; the plugins' versions are those of go.mod:
//
//	go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.10
//	go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.5.1
//	PATH="$(go env GOPATH)/bin:$PATH" go generate
package main

//go:generate npx buf generate ../../../proto --template buf.gen.yaml --include-imports --path ../../../proto/winnow/v1/scorer_service.proto

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"google.golang.org/grpc"

	winnowv1 "prototype-scorer/gen/winnow/v1"
)

// grace is the time for calls under way to end after a SIGTERM; Kubernetes kills 30 s after it.
const grace = 20 * time.Second

// maxMessageBytes holds batches of some thousand examples with wide features; gRPC's own limit is 4 MiB.
const maxMessageBytes = 64 << 20

func main() {
	address := flag.String("address", "127.0.0.1:7451", "host:port to listen on, any free port for 0")
	flag.Parse()
	if err := run(*address); err != nil {
		log.Fatal(err)
	}
}

// run serves until SIGTERM or SIGINT.
func run(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("cannot listen on %s, choose another -address: %w", address, err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessageBytes))
	winnowv1.RegisterScorerServiceServer(server, &scorer{})
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	go func() {
		<-ended.Done()
		// Calls that outlast the grace are cut.
		time.AfterFunc(grace, server.Stop)
		server.GracefulStop()
	}()
	fmt.Printf("{\"scorer\":%q,\"address\":%q}\n", name, listener.Addr())
	return server.Serve(listener)
}
