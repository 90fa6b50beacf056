package gpu.kerf.extender.admission;

import gpu.kerf.extender.wire.ClaimFinding;
import gpu.kerf.extender.wire.PodView;
import java.util.List;

/** Says what the ResourceClaims of pods have to do with GPUs; asked on the thread of reviews. */
public interface ClaimView {

  /** Where pods have no ResourceClaims, or none of GPUs. */
  ClaimView NONE =
      new ClaimView() {
        @Override
        public ClaimFinding of(String namespace, List<PodView.Claim> claims) {
          return ClaimFinding.NO_GPUS;
        }

        @Override
        public ClaimFinding ofResource(String resource) {
          return ClaimFinding.NO_GPUS;
        }
      };

  /** Whether claims that a pod names are of GPUs. */
  ClaimFinding of(String namespace, List<PodView.Claim> claims);

  /** Whether kube-scheduler's own plugin claims GPUs for an extended resource. */
  ClaimFinding ofResource(String resource);
}
