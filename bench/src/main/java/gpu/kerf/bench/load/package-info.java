/**
 * A load driver for scheduler extenders: it sends the requests of kube-scheduler, and measures the
 * answers.
 */
@NullMarked
package gpu.kerf.bench.load;

import org.jspecify.annotations.NullMarked;
