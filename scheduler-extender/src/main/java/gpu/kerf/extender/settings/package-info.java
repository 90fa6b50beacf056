/**
 * The settings: one tree of records, read from defaults, a YAML file, the environment and the
 * command line. Reading, error messages, the example file and the documentation are all derived
 * from these records.
 */
@NullMarked
package gpu.kerf.extender.settings;

import org.jspecify.annotations.NullMarked;
