@NullMarked
package gpu.kerf.extender.cluster.kubernetes.writing;

import org.jspecify.annotations.NullMarked;
