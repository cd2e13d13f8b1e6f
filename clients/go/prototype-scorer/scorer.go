package main

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	winnowv1 "prototype-scorer/gen/winnow/v1"
)

const (
	name = "prototype"
	// version changes whenever equal inputs may give other results.
	version = "1"
	// keepEasy is the name of the one parameter.
	keepEasy = "keep_easy"
	// scoresPerMessage keeps messages at 64 KiB.
	scoresPerMessage = 8192
)

// scorer answers the calls of ScorerService; it keeps nothing between them.
type scorer struct {
	winnowv1.UnimplementedScorerServiceServer
}

// DescribeScorer says what the scorer is and needs.
func (*scorer) DescribeScorer(
	context.Context, *winnowv1.DescribeScorerRequest,
) (*winnowv1.DescribeScorerResponse, error) {
	return &winnowv1.DescribeScorerResponse{Scorer: &winnowv1.ScorerDescription{
		Name:    name,
		Version: version,
		Summary: "Distance of the features under attack to the mean of the own class, the farthest kept " +
			"(prototypicality, after Sorscher 2022).",
		Parameters: []*winnowv1.ScorerParameter{{
			Name:        keepEasy,
			Description: "1 keeps the examples nearest to their class's mean, 0 the farthest.",
			Maximum:     1,
			Integer:     true,
		}},
		Signals: []winnowv1.Signal{winnowv1.Signal_SIGNAL_LABEL, winnowv1.Signal_SIGNAL_ADVERSARIAL_FEATURES},
		Output:  winnowv1.ScorerOutput_SCORER_OUTPUT_SCORES,
	}}, nil
}

// CheckReady answers that the scorer can score: there is nothing to load.
func (*scorer) CheckReady(context.Context, *winnowv1.CheckReadyRequest) (*winnowv1.CheckReadyResponse, error) {
	return &winnowv1.CheckReadyResponse{Ready: true}, nil
}

// ScoreExamples reads all examples, then sends their scores.
func (*scorer) ScoreExamples(
	stream grpc.BidiStreamingServer[winnowv1.ScoreExamplesRequest, winnowv1.ScoreExamplesResponse],
) error {
	in, err := receive(stream)
	if err != nil {
		return err
	}
	scores, err := in.score(stream.Context())
	if err != nil {
		return status.FromContextError(err).Err()
	}
	for first := 0; first < len(scores); first += scoresPerMessage {
		end := min(len(scores), first+scoresPerMessage)
		chunk := &winnowv1.ScoreChunk{FirstIndex: uint32(first), Scores: scores[first:end]}
		response := &winnowv1.ScoreExamplesResponse{Part: &winnowv1.ScoreExamplesResponse_Scores{Scores: chunk}}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
	return nil
}

// receive reads a whole stream: the setting first, then batches.
func receive(
	stream grpc.BidiStreamingServer[winnowv1.ScoreExamplesRequest, winnowv1.ScoreExamplesResponse],
) (*input, error) {
	first, err := stream.Recv()
	if errors.Is(err, io.EOF) || (err == nil && first.GetSetting() == nil) {
		return nil, invalid("setting: must be the first message of the stream")
	}
	if err != nil {
		return nil, err
	}
	in, err := newInput(first.GetSetting())
	if err != nil {
		return nil, err
	}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return in, in.checkComplete()
		}
		if err != nil {
			return nil, err
		}
		if message.GetBatch() == nil {
			return nil, invalid("batch: every message after the first must be one")
		}
		if err := in.add(message.GetBatch()); err != nil {
			return nil, err
		}
	}
}

// invalid is the error for input that breaks the contract.
func invalid(format string, values ...any) error {
	return status.Errorf(codes.InvalidArgument, format, values...)
}
