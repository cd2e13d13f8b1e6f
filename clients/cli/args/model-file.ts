import { readFileSync } from 'node:fs';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Command, InvalidArgumentError, type OptionValues } from '@commander-js/extra-typings';
import type { ModelSpec } from '../../../proto/gen/winnow/v1/model_pb.ts';
import type { UploadedModelSchema } from '../../../proto/gen/winnow/v1/training_service_pb.ts';
import { CliError } from '../cli-error.ts';
import { ratioIn, wholeIn } from './numbers.ts';

/** Size of the images that a model takes. */
export interface ImageArgument {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** What the options say of a model file. */
export interface ModelFileOptions {
  readonly architecture?: string | undefined;
  readonly depth?: number | undefined;
  readonly width?: number | undefined;
  readonly dropout?: number | undefined;
  readonly classes: number;
  readonly image?: ImageArgument | undefined;
  readonly mean?: number[] | undefined;
  readonly std?: number[] | undefined;
}

const DEFAULT_CLASSES = 10;

/** MNIST's size for the network that is made for it, CIFAR's for all others. */
const MNIST_IMAGE: ImageArgument = { height: 28, width: 28, channels: 1 };
const CIFAR_IMAGE: ImageArgument = { height: 32, width: 32, channels: 3 };

/** A parser of "32x32x3": height, width and channels. */
export function imageArgument(text: string): ImageArgument {
  const [, height, width, channels] = /^(\d{1,4})x(\d{1,4})x([13])$/.exec(text) ?? [];
  if (channels === undefined) throw new InvalidArgumentError('give HEIGHTxWIDTHxCHANNELS, for example 32x32x3.');
  return { height: Number(height), width: Number(width), channels: Number(channels) };
}

/** A parser of "0.49,0.48,0.45". */
export function numbersList(text: string): number[] {
  return text.split(',').map((part) => ratioIn({})(part.trim()));
}

/** Options that say what a model file holds. */
export function withModelFileOptions<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) {
  return command
    .option('--architecture <name>', 'its architecture: small-cnn, resnet-small, resnet-18, resnet or wide-resnet')
    .option('--depth <n>', 'its layers, for resnet and wide-resnet', wholeIn({ min: 1 }))
    .option('--width <n>', 'its channels (resnet) or widening factor (wide-resnet)', wholeIn({ min: 1 }))
    .option('--dropout <rate>', 'its dropout rate in training', ratioIn({ min: 0, max: 1 }))
    .option('--classes <n>', 'its number of classes', wholeIn({ min: 2 }), DEFAULT_CLASSES)
    .option('--image <size>', 'images it takes (default: 28x28x1 for small-cnn, else 32x32x3)', imageArgument)
    .option(
      '--mean <list>',
      'mean per channel that it subtracts, where the file does not say (default: 0)',
      numbersList,
    )
    .option('--std <list>', 'deviation per channel that it divides by, likewise (default: 1)', numbersList);
}

/** What is uploaded with a model file; `of` is its architecture where it is known from a run. */
export function uploadedModel(
  options: ModelFileOptions,
  of?: ModelSpec,
): MessageInitShape<typeof UploadedModelSchema> & { readonly model: object } {
  const { architecture = of?.architecture, depth, width, dropout, classes, image, mean = [], std = [] } = options;
  if (!architecture) throw new CliError('give the architecture of the model: --architecture, for example resnet-18');
  const given = {
    architecture,
    ...(depth !== undefined && { depth }),
    ...(width !== undefined && { width }),
    ...(dropout !== undefined && { dropout }),
  };
  return {
    model: options.architecture || !of ? given : of,
    classes,
    image: image ?? (architecture === 'small-cnn' ? MNIST_IMAGE : CIFAR_IMAGE),
    mean,
    std,
  };
}

/** The bytes of a file that the user named. */
export function readModelFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError(`${path} can't be read: ${(error as Error).message}`);
  }
}
