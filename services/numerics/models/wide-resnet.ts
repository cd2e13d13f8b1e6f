import { tf } from '../backend.ts';
import { add } from '../kernels/add.ts';
import { castTo } from '../kernels/cast.ts';
import { relu } from '../kernels/relu.ts';
import type { Backbone, ImageShape } from './backbone.ts';
import { dropout, type Layer, type LayerBuilder } from './layers.ts';

/** Depth 6n+4, widening factor and dropout rate of a wide residual network. */
export interface WideResNetShape {
  readonly depth: number;
  readonly widening: number;
  readonly dropout: number;
}

interface BlockShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
  readonly dropout: number;
}

function preActivationBlock(builder: LayerBuilder, name: string, shape: BlockShape): Layer {
  const { inputs, outputs, stride } = shape;
  const bn1 = builder.batchNorm(`${name}.bn1`, inputs);
  const conv1 = builder.convNorm(`${name}.conv1`, `${name}.bn2`, { inputs, outputs, kernel: 3, stride, padding: 1 });
  const conv2 = builder.conv(`${name}.conv2`, { inputs: outputs, outputs, kernel: 3, stride: 1, padding: 1 });
  const shortcut =
    inputs === outputs
      ? undefined
      : builder.conv(`${name}.convShortcut`, { inputs, outputs, kernel: 1, stride, padding: 0 });
  return (x, context) => {
    const activated = relu(bn1(x, context));
    const inner = relu(conv1(activated, context));
    const residual = conv2(dropout(name, inner, shape.dropout, context), context);
    return add(residual, shortcut ? shortcut(activated, context) : x);
  };
}

/** A wide residual network (Zagoruyko 2016) with the layer names of the TRADES release. */
export function wideResNet(builder: LayerBuilder, image: ImageShape, shape: WideResNetShape): Backbone {
  const blocks = (shape.depth - 4) / 6;
  const widths = [16, 32, 64].map((width) => width * shape.widening);
  const conv1 = builder.conv('conv1', { inputs: image.channels, outputs: 16, kernel: 3, stride: 1, padding: 1 });
  const layers: Layer[] = [];
  let inputs = 16;
  for (const [stage, outputs] of widths.entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const name = `block${stage + 1}.layer.${block}`;
      layers.push(preActivationBlock(builder, name, { inputs, outputs, stride, dropout: shape.dropout }));
      inputs = outputs;
    }
  }
  const bn1 = builder.batchNorm('bn1', inputs);
  return {
    features: inputs,
    head: { name: 'fc', init: 'uniform' },
    forward: (x, context) => {
      let y = conv1(x, context);
      for (const layer of layers) y = layer(y, context);
      return tf.mean(castTo(relu(bn1(y, context)), 'f32'), [1, 2]) as tf.Tensor2D;
    },
  };
}
