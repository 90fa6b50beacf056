/**
 * The state of the service: nodes, pods, the ledger and the latest decisions, owned by one thread.
 */
@NullMarked
package gpu.kerf.extender.state;

import org.jspecify.annotations.NullMarked;
