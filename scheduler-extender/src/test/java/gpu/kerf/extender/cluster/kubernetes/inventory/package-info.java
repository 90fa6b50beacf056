@NullMarked
package gpu.kerf.extender.cluster.kubernetes.inventory;

import org.jspecify.annotations.NullMarked;
