/** Tests of service nodes that a host makes. */
@NullMarked
package dev.sluice.agent.runtime;

import org.jspecify.annotations.NullMarked;
