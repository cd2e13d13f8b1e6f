import { tf } from '../backend.ts';
import { add } from '../kernels/add.ts';
import { castTo } from '../kernels/cast.ts';
import { relu } from '../kernels/relu.ts';
import type { Backbone, ImageShape } from './backbone.ts';
import type { Layer, LayerBuilder } from './layers.ts';

/** Channels and number of blocks of each stage. */
export interface ResNetShape {
  readonly widths: readonly number[];
  readonly blocks: number;
}

function basicBlock(builder: LayerBuilder, name: string, inputs: number, outputs: number, stride: number): Layer {
  const shapes = [
    { inputs, outputs, kernel: 3, stride, padding: 1 },
    { inputs: outputs, outputs, kernel: 3, stride: 1, padding: 1 },
  ];
  const [first, second] = shapes.map((shape, i) =>
    builder.convNorm(`${name}.conv${i + 1}`, `${name}.bn${i + 1}`, shape),
  );
  const shortcut = stride === 1 && inputs === outputs ? undefined : projection(builder, name, inputs, outputs, stride);
  return (x, context) => {
    const residual = second(relu(first(x, context)), context);
    return relu(add(residual, shortcut ? shortcut(x, context) : x));
  };
}

function projection(builder: LayerBuilder, name: string, inputs: number, outputs: number, stride: number): Layer {
  const shape = { inputs, outputs, kernel: 1, stride, padding: 0 };
  return builder.convNorm(`${name}.shortcut.0`, `${name}.shortcut.1`, shape);
}

/** A residual network for small images (He 2016), basic blocks, projection shortcuts, global average pooling. */
export function resNet(builder: LayerBuilder, image: ImageShape, { widths, blocks }: ResNetShape): Backbone {
  const shape = { inputs: image.channels, outputs: widths[0], kernel: 3, stride: 1, padding: 1 };
  const stem = builder.convNorm('conv1', 'bn1', shape);
  const stages: Layer[] = [];
  let inputs = widths[0];
  for (const [stage, outputs] of widths.entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      stages.push(basicBlock(builder, `layer${stage + 1}.${block}`, inputs, outputs, stride));
      inputs = outputs;
    }
  }
  return {
    features: inputs,
    head: { name: 'linear', init: 'uniform' },
    forward: (x, context) => {
      let y = relu(stem(x, context));
      for (const stage of stages) y = stage(y, context);
      return tf.mean(castTo(y, 'f32'), [1, 2]) as tf.Tensor2D;
    },
  };
}
