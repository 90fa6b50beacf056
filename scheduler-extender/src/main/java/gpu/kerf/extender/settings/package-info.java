/**
 * What a user can set: one tree of records, read from defaults, a YAML file, the environment and
 * the command line. The records say everything; reading, refusing, the example file and the
 * documentation follow from them.
 */
@NullMarked
package gpu.kerf.extender.settings;

import org.jspecify.annotations.NullMarked;
