/** What docs/explanation/measurements.md says of a real cluster, measured; see CONTRIBUTING.md. */
@NullMarked
package gpu.kerf.extender.measure;

import org.jspecify.annotations.NullMarked;
