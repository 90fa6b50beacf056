@NullMarked
package gpu.kerf.extender.cluster.embedded;

import org.jspecify.annotations.NullMarked;
