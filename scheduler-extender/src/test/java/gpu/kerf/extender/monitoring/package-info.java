/** What is shipped for Prometheus and Grafana. */
@NullMarked
package gpu.kerf.extender.monitoring;

import org.jspecify.annotations.NullMarked;
