/**
 * The port to a real API server. Requests run on threads of their own; events are reported on the
 * thread that owns the ledger.
 */
@NullMarked
package gpu.kerf.extender.cluster.kubernetes;

import org.jspecify.annotations.NullMarked;
