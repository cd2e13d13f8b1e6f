package main

import (
	"context"
	"math"
	"testing"
)

func TestScoreIsTheDistanceToTheOwnClassMean(t *testing.T) {
	in := &input{
		examples: 4, classes: 3, dimensions: 2,
		labels:   []uint32{0, 2, 0, 0},
		features: []float32{0, 0, 5, 5, 6, 0, 0, 9},
	}
	// The mean of class 0 is (2, 3); class 2 has one example, which is its own mean; class 1 has none.
	want := []float64{math.Sqrt(13), 0, 5, math.Sqrt(40)}
	checkScores(t, in, want)
	in.keepEasy = true
	for i := range want {
		want[i] = -want[i]
	}
	checkScores(t, in, want)
}

func checkScores(t *testing.T, in *input, want []float64) {
	t.Helper()
	got, err := in.score(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("score of example %d: %v, want %v", i, got[i], want[i])
		}
	}
}

func TestScoreStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	in := &input{examples: 1, classes: 1, dimensions: 1, labels: []uint32{0}, features: []float32{1}}
	if _, err := in.score(ctx); err == nil {
		t.Error("a cancelled call was scored")
	}
}
