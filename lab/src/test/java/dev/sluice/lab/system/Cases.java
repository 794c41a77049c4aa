package dev.sluice.lab.system;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.AnnotationBasedArgumentsProvider;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.ParameterDeclarations;

/** Cases of a test that takes long: some in each check, chosen so that each value occurs, all of them in {@code ./dev long}. A case is its values, separated by commas. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ArgumentsSource(Cases.Provider.class)
@interface Cases {
    /** In each check. */
    String[] value();

    /** With {@code -Dsluice.cases=all} too. */
    String[] more();

    /** Splits cases into values. */
    final class Provider extends AnnotationBasedArgumentsProvider<Cases> {
        @Override
        protected Stream<? extends Arguments> provideArguments(
                ParameterDeclarations parameters, ExtensionContext context, Cases cases) {
            boolean all = "all".equals(System.getProperty("sluice.cases"));
            return Stream.concat(Stream.of(cases.value()), all ? Stream.of(cases.more()) : Stream.empty())
                    .map(one -> Arguments.of((Object[]) one.split(", *", -1)));
        }
    }
}
