import { type Html, html } from './html.ts';

/** How to read a report: what its figures mean, and what they don't. */
export const READING_GUIDE: Html = html`<ul>
<li><strong>Robust accuracy is an upper bound.</strong> It is the share of test images that this attack failed on; a stronger
attack may break more. Compare only figures measured with the same attack, radius and steps.</li>
<li><strong>Last and best epoch.</strong> Robust accuracy often falls again late in training. A run that holds training examples
out measures on them on the way, and shows its best epoch by them beside its last; both are then measured on the same test images.</li>
<li><strong>Speed-up</strong> is the baseline's cost over the run's. Time spent on scoring, waiting and publishing counts;
measuring accuracy doesn't. Seconds depend on the machine and what else it did; forward and backward passes don't.</li>
<li><strong>One run is one sample.</strong> Another seed gives other figures. Before you rely on a small difference, repeat both
runs with several seeds, and compare with random examples at the same share.</li>
<li><strong>Short runs lose from pruning.</strong> They see fewer updates. Compare where the full run has stopped improving, and
look at the whole curve over time rather than its end.</li>
<li><strong>Training loss</strong> of a pruned run is over the examples it kept, which are not typical, so it is no measure of who learned more.</li>
<li><strong>Residual</strong> is how far the weighted gradient of the kept examples is from that of all of them, relative to the
latter; 0 is perfect. <strong>Effective sample size</strong> is how many equally weighted examples the weights amount to.
<strong>Overlap</strong> is the Jaccard index with the run's set before.</li>
</ul>
`;
