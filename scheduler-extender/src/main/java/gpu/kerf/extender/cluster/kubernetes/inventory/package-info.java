/** Reads the GPUs of a node from each kind of record by which nodes report them. */
@NullMarked
package gpu.kerf.extender.cluster.kubernetes.inventory;

import org.jspecify.annotations.NullMarked;
