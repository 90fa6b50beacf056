@NullMarked
package gpu.kerf.extender.cluster;

import org.jspecify.annotations.NullMarked;
