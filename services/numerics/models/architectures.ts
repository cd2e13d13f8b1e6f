import type { ArchitectureName, ArchitectureParameters } from './architecture-spec.ts';
import type { Backbone, ImageShape } from './backbone.ts';
import type { LayerBuilder } from './layers.ts';
import { resNet } from './resnet.ts';
import { smallCnn } from './small-cnn.ts';
import { wideResNet } from './wide-resnet.ts';

type Build = (builder: LayerBuilder, image: ImageShape, parameters: ArchitectureParameters) => Backbone;

/** Widths of consecutive stages, each twice the one before. */
const doubling = (width: number, stages: number) => Array.from({ length: stages }, (_, stage) => width * 2 ** stage);

/** How each architecture declares its layers. */
export const architectures: Readonly<Record<ArchitectureName, Build>> = {
  'small-cnn': (builder, image, { dropout }) => smallCnn(builder, image, { dropout }),
  'resnet-small': (builder, image) => resNet(builder, image, { widths: doubling(16, 3), blocks: 1 }),
  'resnet-18': (builder, image) => resNet(builder, image, { widths: doubling(64, 4), blocks: 2 }),
  resnet: (builder, image, { depth, width }) =>
    resNet(builder, image, { widths: doubling(width, 3), blocks: (depth - 2) / 6 }),
  'wide-resnet': (builder, image, { depth, width, dropout }) =>
    wideResNet(builder, image, { depth, widening: width, dropout }),
};
