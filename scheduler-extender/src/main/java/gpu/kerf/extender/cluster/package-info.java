/** The port to whoever runs the pods, a real cluster or a simulated one. */
@NullMarked
package gpu.kerf.extender.cluster;

import org.jspecify.annotations.NullMarked;
