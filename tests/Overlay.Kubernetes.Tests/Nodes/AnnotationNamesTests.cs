using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Tests.Nodes;

public sealed class AnnotationNamesTests
{
    // The table of flannel's own test (pkg/subnet/kube/annotations_test.go) and of flannel-facts 4.1.
    [Theory]
    [InlineData("flannel.alpha.coreos.com", "flannel.alpha.coreos.com/backend-data")]
    [InlineData("flannel.alpha.coreos.com/", "flannel.alpha.coreos.com/backend-data")]
    [InlineData("a.b/prefix", "a.b/prefix-backend-data")]
    [InlineData("a.b/prefix-", "a.b/prefix-backend-data")]
    [InlineData("organization.com/under_score", "organization.com/under_score-backend-data")]
    public void TryCreate_AllowedPrefix_NamesAreFlannels(string prefix, string name) => Assert.Equal(name, AnnotationNames.TryCreate(prefix)![NodeField.BackendData]);

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("org.com/a/b")]
    [InlineData("Flannel.com")]
    [InlineData("nodots/a")]
    [InlineData("a.b\n")]
    [InlineData("a.b/c d")]
    public void TryCreate_OtherPrefix_GivesNothing(string prefix) => Assert.Null(AnnotationNames.TryCreate(prefix));
}
