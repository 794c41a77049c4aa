/** Tests of the analysis of rules. */
@NullMarked
package dev.sluice.agent.analysis;

import org.jspecify.annotations.NullMarked;
