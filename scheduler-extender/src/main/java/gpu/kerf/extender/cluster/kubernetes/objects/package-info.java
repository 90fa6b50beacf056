/** Kubernetes objects as the ledger hears of them: nodes, pods, claims and budgets. */
@NullMarked
package gpu.kerf.extender.cluster.kubernetes.objects;

import org.jspecify.annotations.NullMarked;
