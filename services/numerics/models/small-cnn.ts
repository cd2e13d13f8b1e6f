import { tf } from '../backend.ts';
import { castTo } from '../kernels/cast.ts';
import { maxPool } from '../kernels/max-pool.ts';
import { relu } from '../kernels/relu.ts';
import type { Backbone, ImageShape } from './backbone.ts';
import { dropout, type LayerBuilder } from './layers.ts';

/** The TRADES release's network for MNIST (Zhang 2019): four convolutions, three linear layers, features of 200. */
export function smallCnn(builder: LayerBuilder, image: ImageShape, options: { dropout: number }): Backbone {
  const channels = [image.channels, 32, 32, 64, 64];
  const convs = [1, 2, 3, 4].map((i) =>
    builder.conv(`feature_extractor.conv${i}`, {
      inputs: channels[i - 1],
      outputs: channels[i],
      kernel: 3,
      stride: 1,
      padding: 0,
      bias: true,
    }),
  );
  // two unpadded 3x3 convolutions take 4 pixels off a side, pooling halves it, twice
  const side = (pixels: number) => Math.floor((Math.floor((pixels - 4) / 2) - 4) / 2);
  const flat = side(image.height) * side(image.width) * 64;
  const fc1 = builder.linear('classifier.fc1', flat, 200);
  const fc2 = builder.linear('classifier.fc2', 200, 200);
  return {
    features: 200,
    head: { name: 'classifier.fc3', init: 'zero' },
    forward: (x, context) => {
      let y = x;
      for (const [i, conv] of convs.entries()) {
        y = relu(conv(y, context));
        if (i % 2 === 1) y = maxPool(y);
      }
      // PyTorch flattens channels first; doing the same keeps fc1's weights exchangeable
      const flattened = tf.transpose(castTo(y, 'f32'), [0, 3, 1, 2]).reshape([-1, flat]) as tf.Tensor2D;
      const hidden = relu(dropout('classifier.drop', fc1(flattened, context), options.dropout, context));
      return relu(fc2(hidden, context));
    },
  };
}
