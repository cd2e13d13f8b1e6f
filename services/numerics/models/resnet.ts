import { tf } from '../backend.ts';
import { relu } from '../kernels/relu.ts';
import type { Backbone, ImageShape } from './backbone.ts';
import type { Layer, LayerBuilder } from './layers.ts';

/** Channels and number of blocks of each stage. */
export interface ResNetShape {
  readonly widths: readonly number[];
  readonly blocks: number;
}

function basicBlock(builder: LayerBuilder, name: string, inputs: number, outputs: number, stride: number): Layer {
  const conv1 = builder.conv(`${name}.conv1`, { inputs, outputs, kernel: 3, stride, padding: 1 });
  const bn1 = builder.batchNorm(`${name}.bn1`, outputs);
  const conv2 = builder.conv(`${name}.conv2`, { inputs: outputs, outputs, kernel: 3, stride: 1, padding: 1 });
  const bn2 = builder.batchNorm(`${name}.bn2`, outputs);
  const shortcut = stride === 1 && inputs === outputs ? undefined : projection(builder, name, inputs, outputs, stride);
  return (x, context) => {
    const inner = relu(bn1(conv1(x, context), context));
    const residual = bn2(conv2(inner, context), context);
    return relu(tf.add(residual, shortcut ? shortcut(x, context) : x) as tf.Tensor4D);
  };
}

function projection(builder: LayerBuilder, name: string, inputs: number, outputs: number, stride: number): Layer {
  const conv = builder.conv(`${name}.shortcut.0`, { inputs, outputs, kernel: 1, stride, padding: 0 });
  const bn = builder.batchNorm(`${name}.shortcut.1`, outputs);
  return (x, context) => bn(conv(x, context), context);
}

/** A residual network for small images (He 2016), basic blocks, projection shortcuts, global average pooling. */
export function resNet(builder: LayerBuilder, image: ImageShape, { widths, blocks }: ResNetShape): Backbone {
  const conv1 = builder.conv('conv1', { inputs: image.channels, outputs: widths[0], kernel: 3, stride: 1, padding: 1 });
  const bn1 = builder.batchNorm('bn1', widths[0]);
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
      let y = relu(bn1(conv1(x, context), context));
      for (const stage of stages) y = stage(y, context);
      return tf.mean(y, [1, 2]) as tf.Tensor2D;
    },
  };
}
