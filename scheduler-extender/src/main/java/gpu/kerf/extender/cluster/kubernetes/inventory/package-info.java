/** What GPUs a node has, in each of the ways in which nodes say it. */
@NullMarked
package gpu.kerf.extender.cluster.kubernetes.inventory;

import org.jspecify.annotations.NullMarked;
