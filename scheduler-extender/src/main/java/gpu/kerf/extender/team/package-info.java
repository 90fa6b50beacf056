/**
 * Teams as administrators write them: how their manifests are read, and which of them are in force.
 * What Kerf does about them is decided elsewhere.
 */
@NullMarked
package gpu.kerf.extender.team;

import org.jspecify.annotations.NullMarked;
