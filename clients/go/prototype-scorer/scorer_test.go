package main

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	winnowv1 "prototype-scorer/gen/winnow/v1"
)

// serve starts a real server on a free port and gives a client of it.
func serve(t *testing.T) winnowv1.ScorerServiceClient {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	winnowv1.RegisterScorerServiceServer(server, &scorer{})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	connection, err := grpc.NewClient("passthrough:///"+listener.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return winnowv1.NewScorerServiceClient(connection)
}

// score sends messages and gives all scores that come back.
func score(t *testing.T, messages []*winnowv1.ScoreExamplesRequest) ([]float64, error) {
	t.Helper()
	stream, err := serve(t).ScoreExamples(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range messages {
		// A refusal ends the stream; Recv says why.
		if stream.Send(message) != nil {
			break
		}
	}
	_ = stream.CloseSend()
	var scores []float64
	for {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return scores, nil
		}
		if err != nil {
			return nil, err
		}
		if int(response.GetScores().GetFirstIndex()) != len(scores) {
			t.Errorf("a chunk begins at %d after %d scores", response.GetScores().GetFirstIndex(), len(scores))
		}
		scores = append(scores, response.GetScores().GetScores()...)
	}
}

func setting(change func(*winnowv1.ScoringSetting)) *winnowv1.ScoreExamplesRequest {
	value := &winnowv1.ScoringSetting{
		Examples: 3, Classes: 2, Keep: 1, Features: 2, Parameters: map[string]float64{keepEasy: 0},
	}
	if change != nil {
		change(value)
	}
	return &winnowv1.ScoreExamplesRequest{Part: &winnowv1.ScoreExamplesRequest_Setting{Setting: value}}
}

func batch(first uint32, labels []uint32, features ...float32) *winnowv1.ScoreExamplesRequest {
	value := &winnowv1.ExampleBatch{FirstIndex: first, Labels: labels, AdversarialFeatures: features}
	return &winnowv1.ScoreExamplesRequest{Part: &winnowv1.ScoreExamplesRequest_Batch{Batch: value}}
}

func TestScoresComeBackInOrder(t *testing.T) {
	scores, err := score(t, []*winnowv1.ScoreExamplesRequest{
		setting(nil), batch(0, []uint32{0, 1}, 0, 0, 7, 7), batch(2, []uint32{0}, 6, 8),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(scores) != 3 || scores[0] != 5 || scores[1] != 0 || scores[2] != 5 {
		t.Errorf("scores %v, want [5 0 5]", scores)
	}
}

func TestManyScoresAreCutIntoMessages(t *testing.T) {
	const examples = 2*scoresPerMessage + 1
	scores, err := score(t, []*winnowv1.ScoreExamplesRequest{
		setting(func(s *winnowv1.ScoringSetting) { s.Examples = examples }),
		batch(0, make([]uint32, examples), make([]float32, 2*examples)...),
	})
	if err != nil || len(scores) != examples {
		t.Errorf("%d scores, want %d: %v", len(scores), examples, err)
	}
}

func TestBrokenInputIsRefused(t *testing.T) {
	nan := float32(math.NaN())
	labels := []uint32{0, 1, 0}
	good := batch(0, labels, 1, 2, 3, 4, 5, 6)
	changed := func(change func(*winnowv1.ScoringSetting)) []*winnowv1.ScoreExamplesRequest {
		return []*winnowv1.ScoreExamplesRequest{setting(change), good}
	}
	cases := map[string][]*winnowv1.ScoreExamplesRequest{
		"nothing":           {},
		"no setting":        {good},
		"two settings":      {setting(nil), setting(nil), good},
		"an empty message":  {setting(nil), {}},
		"too few":           {setting(nil), batch(0, labels[:2], 1, 2, 3, 4)},
		"too many":          {setting(nil), good, batch(3, labels[:1], 1, 2)},
		"a gap":             {setting(nil), batch(0, labels[:1], 1, 2), batch(2, labels[:1], 1, 2)},
		"a short row":       {setting(nil), batch(0, labels, 1, 2, 3, 4, 5)},
		"no features":       {setting(nil), batch(0, labels)},
		"a strange label":   {setting(nil), batch(0, []uint32{0, 1, 2}, 1, 2, 3, 4, 5, 6)},
		"a NaN":             {setting(nil), batch(0, labels, 1, 2, nan, 4, 5, 6)},
		"keep none":         changed(func(s *winnowv1.ScoringSetting) { s.Keep = 0 }),
		"keep too many":     changed(func(s *winnowv1.ScoringSetting) { s.Keep = 4 }),
		"no classes":        changed(func(s *winnowv1.ScoringSetting) { s.Classes = 0 }),
		"no dimensions":     changed(func(s *winnowv1.ScoringSetting) { s.Features = 0 }),
		"unknown parameter": changed(func(s *winnowv1.ScoringSetting) { s.Parameters["other"] = 1 }),
		"bad parameter":     changed(func(s *winnowv1.ScoringSetting) { s.Parameters[keepEasy] = 0.5 }),
		"NaN parameter":     changed(func(s *winnowv1.ScoringSetting) { s.Parameters[keepEasy] = math.NaN() }),
	}
	for name, messages := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := score(t, messages); status.Code(err) != codes.InvalidArgument {
				t.Errorf("got %v, want INVALID_ARGUMENT", err)
			}
		})
	}
}
