@NullMarked
package gpu.kerf.extender.cluster.kubernetes.installation;

import org.jspecify.annotations.NullMarked;
