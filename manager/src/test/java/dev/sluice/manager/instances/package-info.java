/** Tests of instances that the manager makes. */
@NullMarked
package dev.sluice.manager.instances;

import org.jspecify.annotations.NullMarked;
