"""The dashboard's hosting, asserted on the emitted template: closed but for CloudFront, and only where it is asked for."""

import json
from typing import Any

SITE = {"Fn::Sub": "https://${SiteDistribution.DomainName}"}
PAGE = {"Fn::Sub": "https://${SiteDistribution.DomainName}/"}


def distribution(template: Any) -> Any:
    (one,) = template.of("CloudFront::Distribution").values()
    return one["DistributionConfig"]


def called_from(template: Any) -> list[Any]:
    """All that says from which sites a browser may come."""
    buckets, clients = template.of("S3::Bucket"), template.of("Cognito::UserPoolClient")
    cors = [buckets[name]["CorsConfiguration"]["CorsRules"][0] for name in ("IntakeBucket", "ResultsBucket")]
    apis = [one["CorsConfiguration"]["AllowOrigins"] for one in template.of("ApiGatewayV2::Api").values()]
    return [*apis, *(rule["AllowedOrigins"] for rule in cors), clients["DashboardClient"]["CallbackURLs"]]


def test_who_does_not_ask_for_it_has_none_of_it(template: Any) -> None:
    assert "CloudFront" not in json.dumps(template.document)
    assert not {"DashboardUrl", "DashboardBucket"} & set(template.document["Outputs"])


def test_only_the_distribution_reads_the_bucket(hosted: Any) -> None:
    bucket = hosted.of("S3::Bucket")["SiteBucket"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}, "CloudFront may not use our key"
    assert "WebsiteConfiguration" not in bucket
    tls, read = hosted.of("S3::BucketPolicy")["SiteBucketPolicy"]["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert (read["Principal"], read["Action"]) == ({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject")
    named = read["Condition"]["StringEquals"]["AWS:SourceArn"]["Fn::Sub"]
    assert named.endswith(":distribution/${SiteDistribution}"), "or any distribution of anybody's reads it"
    (access,) = hosted.of("CloudFront::OriginAccessControl").values()
    signing = access["OriginAccessControlConfig"]
    assert (signing["SigningBehavior"], signing["SigningProtocol"]) == ("always", "sigv4")
    (origin,) = distribution(hosted)["Origins"]  # and no API behind it: docs/decisions/0018
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["SiteAccess", "Id"]}
    assert origin["DomainName"] == {"Fn::GetAtt": ["SiteBucket", "RegionalDomainName"]}


def test_it_is_served_over_tls_compressed_and_with_the_headers_of_its_kind(hosted: Any) -> None:
    config = distribution(hosted)
    served = config["DefaultCacheBehavior"]
    assert served["ViewerProtocolPolicy"] == "redirect-to-https"
    assert served["Compress"] is True
    assert served["AllowedMethods"] == ["GET", "HEAD"]
    assert (config["DefaultRootObject"], config["PriceClass"]) == ("index.html", "PriceClass_100")
    assert served["ResponseHeadersPolicyId"] == {"Ref": "SiteHeaders"}
    (policy,) = hosted.of("CloudFront::ResponseHeadersPolicy").values()
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    assert headers["FrameOptions"]["FrameOption"] == "DENY"
    assert all(header["Override"] for header in headers.values())


def test_its_pages_may_ask_our_hosts_and_nobody_else(hosted: Any) -> None:
    (policy,) = hosted.of("CloudFront::ResponseHeadersPolicy").values()
    said = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]["ContentSecurityPolicy"]
    rules = dict(rule.split(" ", 1) for rule in said["ContentSecurityPolicy"]["Fn::Sub"].split("; "))
    assert rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    ours, *hosts = rules["connect-src"].split(" ")
    assert (ours, len(hosts)) == ("'self'", 4)
    assert hosts[0] == "https://*.execute-api.${AWS::Region}.amazonaws.com"
    domain = hosted.of("Cognito::UserPoolDomain")["UserPoolDomain"]["Domain"]["Fn::Sub"]
    assert hosts[1] == f"https://{domain}.auth.${{AWS::Region}}.amazoncognito.com"
    intake = hosted.of("S3::Bucket")["IntakeBucket"]["BucketName"]["Fn::Sub"]
    assert all(host.endswith(f".amazonaws.com/{intake}/") for host in hosts[2:]), "presigned addresses have its path"


def test_its_address_is_where_browsers_may_call_from_and_come_back_to(hosted: Any) -> None:
    *cors, back = called_from(hosted)
    assert cors == [[SITE]] * 4
    assert back == [PAGE]
    outputs = hosted.document["Outputs"]
    assert outputs["DashboardUrl"]["Value"] == PAGE
    assert {"DashboardBucket", "HttpApiUrl", "KeysApiUrl", "DashboardClientId", "SignInUrl"} <= set(outputs)


def test_without_a_site_nobody_is_let_in_and_other_sites_stay_beside_it(emit: Any, template: Any) -> None:
    assert called_from(template) == [["https://a.example"]] * 4 + [["https://a.example/"]]
    assert called_from(emit("dev"))[0] == ["https://headgate.invalid"]
    both = emit("dev", "dashboardHosting=true", "corsOrigins=https://a.example")
    assert called_from(both)[0] == ["https://a.example", SITE]


def test_a_name_of_ones_own_has_its_certificate(emit: Any) -> None:
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    own = emit(
        "dev", "dashboardHosting=true", "dashboardDomain=lake.example.com", f"dashboardCertificate={certificate}"
    )
    config = distribution(own)
    assert config["Aliases"] == ["lake.example.com"]
    assert config["ViewerCertificate"]["AcmCertificateArn"] == certificate
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert called_from(own) == [["https://lake.example.com"]] * 4 + [["https://lake.example.com/"]]
