/** Lists and watches of the API server, and the proof that they have heard everything. */
@NullMarked
package gpu.kerf.extender.cluster.kubernetes.watching;

import org.jspecify.annotations.NullMarked;
