/** Tests of the metrics. */
@NullMarked
package dev.sluice.agent.metrics;

import org.jspecify.annotations.NullMarked;
