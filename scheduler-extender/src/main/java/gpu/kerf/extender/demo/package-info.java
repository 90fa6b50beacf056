/**
 * The demo: work arrives at a simulated fleet, and a stand-in for kube-scheduler calls Kerf over
 * HTTP.
 */
@NullMarked
package gpu.kerf.extender.demo;

import org.jspecify.annotations.NullMarked;
