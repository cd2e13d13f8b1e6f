package main

import (
	"math"

	winnowv1 "prototype-scorer/gen/winnow/v1"
)

// input is what one call asks and sends: labels and features of N examples in index order, features row by row.
type input struct {
	examples, classes, dimensions int
	keepEasy                      bool
	labels                        []uint32
	features                      []float32
}

// newInput checks a setting. It reserves no memory for what is only announced.
func newInput(setting *winnowv1.ScoringSetting) (*input, error) {
	in := &input{
		examples:   int(setting.GetExamples()),
		classes:    int(setting.GetClasses()),
		dimensions: int(setting.GetFeatures()),
	}
	keep := int(setting.GetKeep())
	switch {
	case in.classes < 1:
		return nil, invalid("setting.classes: must be at least 1")
	case keep < 1 || keep > in.examples:
		return nil, invalid("setting.keep: is %d; must be at least 1 and at most the %d examples", keep, in.examples)
	case in.dimensions < 1:
		return nil, invalid("setting.features: is 0, but this scorer needs adversarial features")
	}
	for key, value := range setting.GetParameters() {
		if key != keepEasy {
			return nil, invalid("setting.parameters.%s: there is only %s", key, keepEasy)
		}
		if value != 0 && value != 1 {
			return nil, invalid("setting.parameters.%s: is %v; must be 0 or 1", key, value)
		}
		in.keepEasy = value == 1
	}
	return in, nil
}

// add takes the next batch.
func (in *input) add(batch *winnowv1.ExampleBatch) error {
	received := len(in.labels)
	labels, features := batch.GetLabels(), batch.GetAdversarialFeatures()
	switch {
	case int(batch.GetFirstIndex()) != received:
		return invalid("batch.first_index: is %d; the next example is %d", batch.GetFirstIndex(), received)
	case received+len(labels) > in.examples:
		return invalid("batch: more examples than the %d that the setting announces", in.examples)
	case len(features) != len(labels)*in.dimensions:
		return invalid("batch.adversarial_features: %d values where %d examples have %d",
			len(features), len(labels), len(labels)*in.dimensions)
	}
	for i, label := range labels {
		if int(label) >= in.classes {
			return invalid("batch.labels: %d of example %d; there are %d classes", label, received+i, in.classes)
		}
	}
	for i, value := range features {
		if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
			return invalid("batch.adversarial_features: %v of example %d; must be finite",
				value, received+i/in.dimensions)
		}
	}
	in.labels = append(in.labels, labels...)
	in.features = append(in.features, features...)
	return nil
}

// checkComplete refuses a stream that ended early.
func (in *input) checkComplete() error {
	if len(in.labels) < in.examples {
		return invalid("batch: the stream ends after %d of the %d announced examples", len(in.labels), in.examples)
	}
	return nil
}
