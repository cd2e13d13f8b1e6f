import { type Html, html } from '../html.ts';

/** How to read a study: what its rows stand for, and what the figures mean and don't. */
export const STUDY_GUIDE: Html = html`<ul>
<li><strong>full</strong> trains on all examples and is what the others are measured against. <strong>full, .. of the epochs</strong>
trains on all examples for as many updates as a pruned run makes: a scorer that does no better only trains less.
<strong>random</strong> keeps as many examples by chance: a scorer that does no better picks nothing that matters. A row named after another objective is that objective on all examples.</li>
<li><strong>Bullet-Train</strong> attacks examples far from the decision boundary with fewer steps (Hua 2021), whatever is kept.
Its rows are compared with the same full data as all others.</li>
<li><strong>PGD is an upper bound.</strong> It is the share of test images that this attack failed on; a stronger one may break
more. <strong>AutoAttack</strong>, four attacks one after the other, is closer to the truth and slower, so it may be on fewer
examples and seeds than PGD; compare it down its column only. The settings say on how many.</li>
<li><strong>Clean, PGD and AutoAttack</strong> are of the model that was best on held-out training examples, where some were held
out, and the last model otherwise. The last epoch's PGD beside it shows how much late training costs.</li>
<li><strong>±</strong> is the standard deviation over seeds; over two or three it is rough. A single seed has none, which does
not make it exact. <strong>PGD to full</strong> is the row's accuracy less full data's, seed by seed.</li>
<li><strong>Speed-up</strong> is full data's cost over the row's, with the same objective and seed. Time spent on scoring, waiting
and publishing counts; measuring accuracy doesn't. Seconds depend on the machine and what else it did; forward and backward
passes don't.</li>
<li><strong>Pictures</strong> are of one seed: the examples kept in most rounds with the most weight, and those kept least. Where
many were kept equally often, their order in the data set decides which are shown.</li>
</ul>
`;
