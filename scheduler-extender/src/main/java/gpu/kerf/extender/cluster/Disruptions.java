package gpu.kerf.extender.cluster;

import gpu.kerf.model.eviction.Budgets;
import gpu.kerf.model.eviction.Candidate;

/** The disruption budgets of a cluster: which pods they cover, and what they still allow. */
public interface Disruptions {

  /** No budget exists. */
  Disruptions NONE =
      new Disruptions() {
        @Override
        public Candidate covered(Candidate candidate) {
          return candidate;
        }

        @Override
        public Budgets budgets() {
          return Budgets.none();
        }
      };

  /** The same candidate with the budgets that cover it. */
  Candidate covered(Candidate candidate);

  Budgets budgets();

  /** A number that changes each time a budget allows more than before. */
  default long loosened() {
    return 0;
  }
}
