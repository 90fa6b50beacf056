@NullMarked
package gpu.kerf.extender.cluster.kubernetes.objects;

import org.jspecify.annotations.NullMarked;
