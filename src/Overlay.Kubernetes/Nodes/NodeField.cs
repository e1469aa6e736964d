namespace Overlay.Kubernetes.Nodes;

/// <summary>What is kept of a Node object. All else, such as kubelet's heartbeat and the list of images, is skipped.</summary>
internal enum NodeField
{
    Name,
    ResourceVersion,
    Uid,
    PodCidr,
    FirstPodCidr,
    SecondPodCidr,
    ThirdPodCidr,

    // Annotations, in the order of AnnotationNames.
    Manager,
    BackendType,
    BackendData,
    BackendV6Data,
    PublicIp,
    PublicIpv6,
    PublicIpOverwrite,
    PublicIpv6Overwrite,
    NodePublicIp,
    NodePublicIpv6,

    // The condition NetworkUnavailable; of interest on the own node only.
    NetworkStatus,
    NetworkReason,
    NetworkMessage,
}
