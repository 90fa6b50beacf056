@NullMarked
package gpu.kerf.extender.cluster.kubernetes.calling;

import org.jspecify.annotations.NullMarked;
