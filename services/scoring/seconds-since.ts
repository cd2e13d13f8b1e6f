/** Seconds since a moment of performance.now(). */
export const secondsSince = (moment: number) => (performance.now() - moment) / 1000;
