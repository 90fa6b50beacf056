/**
 * Compares the ledger with fresh reads of the API server, repairs what they prove and reports the
 * rest.
 */
@NullMarked
package gpu.kerf.extender.cluster.kubernetes.reconciling;

import org.jspecify.annotations.NullMarked;
