import fc from 'fast-check';

/** Property tests draw the same cases every time; WINNOW_TEST_SEED draws others. */
fc.configureGlobal({ seed: Number(process.env.WINNOW_TEST_SEED ?? 1) });

// the services refuse keys they don't know, and inherit the environment in some tests
delete process.env.WINNOW_TEST_SEED;
