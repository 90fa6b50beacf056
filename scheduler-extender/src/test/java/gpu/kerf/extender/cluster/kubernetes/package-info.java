@NullMarked
package gpu.kerf.extender.cluster.kubernetes;

import org.jspecify.annotations.NullMarked;
