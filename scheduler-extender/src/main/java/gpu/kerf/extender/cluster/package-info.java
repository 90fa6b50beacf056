/** The port to the cluster that runs the pods, real or simulated. */
@NullMarked
package gpu.kerf.extender.cluster;

import org.jspecify.annotations.NullMarked;
