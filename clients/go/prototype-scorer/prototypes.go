package main

import (
	"context"
	"math"
)

// examplesPerPause is how often a call looks whether it was cancelled.
const examplesPerPause = 1024

// score gives each example the Euclidean distance of its features to its class's mean, negated for keep_easy. Sums are
// in float64 and in index order, so equal inputs give equal scores.
func (in *input) score(ctx context.Context) ([]float64, error) {
	means := in.classMeans()
	scores := make([]float64, len(in.labels))
	for i, label := range in.labels {
		if i%examplesPerPause == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		scores[i] = distance(in.row(i), means[label])
		if in.keepEasy {
			scores[i] = -scores[i]
		}
	}
	return scores, nil
}

// classMeans gives the mean features of each class that has examples; others have none.
func (in *input) classMeans() map[uint32][]float64 {
	means := map[uint32][]float64{}
	counts := map[uint32]float64{}
	for i, label := range in.labels {
		if means[label] == nil {
			means[label] = make([]float64, in.dimensions)
		}
		for j, value := range in.row(i) {
			means[label][j] += float64(value)
		}
		counts[label]++
	}
	for label, mean := range means {
		for j := range mean {
			mean[j] /= counts[label]
		}
	}
	return means
}

func (in *input) row(i int) []float32 {
	return in.features[i*in.dimensions : (i+1)*in.dimensions]
}

func distance(row []float32, mean []float64) float64 {
	sum := 0.0
	for j, value := range row {
		gap := float64(value) - mean[j]
		sum += gap * gap
	}
	return math.Sqrt(sum)
}
