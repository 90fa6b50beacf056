/**
 * Requests for MIG profiles that come and go on H100-80GB GPUs in mode mig-dynamic: at random
 * ({@code mig-churn}), or as jobs with work to do ({@code jobs}).
 */
@NullMarked
package gpu.kerf.bench.replay.mig;

import org.jspecify.annotations.NullMarked;
