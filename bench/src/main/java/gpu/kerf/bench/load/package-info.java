/** A load driver for scheduler extenders: speaks as kube-scheduler does, and measures. */
@NullMarked
package gpu.kerf.bench.load;

import org.jspecify.annotations.NullMarked;
