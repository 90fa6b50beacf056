/**
 * The embedded default: work arrives at a simulated fleet, and the demo plays kube-scheduler's part
 * over HTTP.
 */
@NullMarked
package gpu.kerf.extender.demo;

import org.jspecify.annotations.NullMarked;
