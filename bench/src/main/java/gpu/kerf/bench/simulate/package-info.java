/**
 * The simulator of faults: one JVM, one seed, virtual time. The real adapter and the real verbs run
 * above a simulated API server, beside simulated kube-schedulers and kubelets.
 */
@NullMarked
package gpu.kerf.bench.simulate;

import org.jspecify.annotations.NullMarked;
