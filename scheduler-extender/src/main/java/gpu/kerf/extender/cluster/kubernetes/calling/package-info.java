/**
 * Requests to the API server: addresses, credentials, answers, streams, and the threads that send
 * them.
 */
@NullMarked
package gpu.kerf.extender.cluster.kubernetes.calling;

import org.jspecify.annotations.NullMarked;
